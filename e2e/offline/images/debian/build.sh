# A minimal Debian 12 that trusts what this machine trusts, so that unmodified Dockerfiles can install packages in it.
set -euo pipefail
root="$CACHE/root"
rm -rf "$root"
mkdir -p "$root"
debootstrap --variant=minbase --include=ca-certificates bookworm "$root"
cp /etc/apt/sources.list.d/debian.sources "$root/etc/apt/sources.list.d/" 2>/dev/null && rm -f "$root/etc/apt/sources.list"
for file in $(grep -l '^Acquire' /etc/apt/apt.conf.d/* || true); do cp "$file" "$root/etc/apt/apt.conf.d/"; done
if [ -d /usr/local/share/ca-certificates ]; then
  cp -r /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/"
  chroot "$root" update-ca-certificates
fi
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/usr/share/doc/* "$root"/usr/share/man/* \
  "$root"/usr/share/locale/* "$root"/usr/share/info/* "$root"/var/log/*.log
# What the official slim images have as well: installed packages leave neither manuals nor archives behind.
printf 'path-exclude /usr/share/%s/*\n' doc man locale info >"$root/etc/dpkg/dpkg.cfg.d/slim"
cat >"$root/etc/apt/apt.conf.d/slim" <<'END'
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };
END
tar -C "$root" -c . | docker import --change 'CMD ["bash"]' --change "LABEL ticklake.stand-in=$HASH" - "$IMAGE"
rm -rf "$root"
