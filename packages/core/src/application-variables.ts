/**
 * Name of the environment variable whose value is the directory of an application package (semantics §10).
 * `version` as the reference has it; absent: the reference leaves it to the application. On Windows names know no
 * case and are written in capitals; elsewhere `.`, `-` and `#` cannot stand in a name, and the case of the id is kept.
 */
export function applicationPackageVariable(
  osType: 'linux' | 'windows',
  applicationId: string,
  version?: string,
): string {
  const name = 'AZ_BATCH_APP_PACKAGE_';
  if (osType === 'windows') {
    return name + applicationId.toUpperCase() + (version === undefined ? '' : `#${version}`);
  }
  const end = version === undefined ? applicationId : `${applicationId}_${version}`;
  return name + end.replace(/[.\-#]/g, '_');
}
