# Sourced by the images that are made of Maven artefacts: the check of stack/artifacts.ts for where there is no Node 24.

# check_artifacts LIST FOLDER  fails unless the folder holds exactly the files of the list, byte for byte.
check_artifacts() {
  local sums
  # `sum  group:artifact:type[:classifier]:version` as `sum  file`.
  sums=$(awk '!/^#/ && NF { n = split($2, c, ":"); print $1 "  " c[2] "-" c[n] (n == 5 ? "-" c[4] : "") "." c[3] }' "$1")
  if ! (cd "$2" && sha256sum --check --quiet --strict <<<"$sums") >&2 ||
    ! diff <(cut -c 67- <<<"$sums" | LC_ALL=C sort) <(ls -A "$2" | LC_ALL=C sort) >&2; then
    printf 'error ARTIFACTS_DIFFER: %s is not what %s names; no image is built of it\n' "$2" "$1" >&2
    printf '  do:  delete %s and the files named above from ~/.m2/repository, then run this again\n' "$2" >&2
    return 1
  fi
}
