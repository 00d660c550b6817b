// Prepares what a client's suite expects of its account: buckets, workgroups, the outputs of its own stack.
import { AthenaClient, CreateWorkGroupCommand } from '@aws-sdk/client-athena'
import { CloudFormationClient, CreateStackCommand } from '@aws-sdk/client-cloudformation'
import { CreateDatabaseCommand, GlueClient } from '@aws-sdk/client-glue'
import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { s3Client } from '@ticklake/aws/config.ts'
import { bucket } from './suites.ts'

/** Prepares everything, once for all suites; the SDK's environment names the endpoint. */
export async function prepareAccount(): Promise<void> {
  const s3 = s3Client({ s3PathStyle: true })
  const athena = new AthenaClient()
  const glue = new GlueClient()
  const cloudFormation = new CloudFormationClient()
  try {
    // The second one is dbt-athena's: a test of its suite names it.
    for (const Bucket of [bucket, 'dbt-athena-integration-testing']) {
      await s3.send(new CreateBucketCommand({ Bucket }))
    }
    // PyAthena's: results go where the workgroup says.
    await athena.send(
      new CreateWorkGroupCommand({
        Name: 'pyathena',
        Configuration: { ResultConfiguration: { OutputLocation: `s3://${bucket}/pyathena-workgroup/` } },
      }),
    )
    // awswrangler's: its fixtures read the outputs of a CloudFormation stack with this name.
    await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: 'aws_sdk_pandas' } }))
    await cloudFormation.send(
      new CreateStackCommand({ StackName: 'aws-sdk-pandas-base', TemplateBody: JSON.stringify(pandasStack) }),
    )
  } finally {
    for (const client of [s3, athena, glue, cloudFormation]) client.destroy()
  }
}

const pandasStack = {
  AWSTemplateFormatVersion: '2010-09-09',
  Resources: {
    Bucket: {
      Type: 'AWS::S3::Bucket',
      Properties: { BucketName: 'aws-sdk-pandas', VersioningConfiguration: { Status: 'Enabled' } },
    },
  },
  Outputs: {
    Region: { Value: 'us-east-1' },
    BucketName: { Value: { Ref: 'Bucket' } },
    BucketAccessPointArn: { Value: 'arn:aws:s3:us-east-1:000000000000:accesspoint/aws-sdk-pandas' },
    GlueDatabaseName: { Value: 'aws_sdk_pandas' },
    KmsKeyArn: {
      Value: 'arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000',
    },
  },
}
