import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { CertificateInstall } from '@berth/core';
import type { Secrets } from '@berth/storage';
import { quote } from './command-line.ts';
import type { Host } from './host.ts';
import { HostUnusableError } from './host.ts';
import { codeOf, messageOf } from './run-failure.ts';
import { revealSecrets } from './secret-url.ts';

/** AZ_BATCH_CERTIFICATES_DIR of tasks, and of the start task: each sees what is visible to it. */
export function certificatesDirectory(root: string, of: 'task' | 'starttask'): string {
  return of === 'task' ? `${root}/certs` : `${root}/startup/certs`;
}

/**
 * Puts certificates on a node, before anything runs there, so that nobody but the owner may read them (semantics §11):
 * `sha1-THUMBPRINT.pfx` beside its password, `sha1-THUMBPRINT.pfx.pw`, or `sha1-THUMBPRINT.cer`. What secrets stand for is
 * asked for now, goes to the node, and into no file of this machine unless the node is one. What was there before is gone.
 * @throws HostUnusableError `NodePreparationError`, `DiskFull`; HostLostError
 */
export async function installCertificates(
  host: Host,
  certificates: readonly CertificateInstall[],
  secrets: Secrets,
): Promise<void> {
  for (const of of ['task', 'starttask'] as const) {
    const directory = certificatesDirectory(host.root, of);
    const visible = certificates.filter(({ visibility }) => visibility.includes(of));
    if (await host.files.exists(directory)) host.files.discard(directory);
    if (visible.length === 0) {
      await host.files.makeDirectory(directory);
      continue;
    }
    const status = await host.run(`mkdir -p -m 700 -- ${quote(directory)}`);
    if (status !== 0) {
      throw new HostUnusableError(
        'NodePreparationError',
        `The directory of the node's certificates, ${directory}, cannot be made: see that its owner may write there.`,
      );
    }
    for (const certificate of visible) await install(host, directory, certificate, secrets);
  }
}

async function install(
  host: Host,
  directory: string,
  certificate: CertificateInstall,
  secrets: Secrets,
): Promise<void> {
  const { thumbprintAlgorithm, thumbprint, certificateFormat } = certificate;
  const name = `${thumbprintAlgorithm}-${thumbprint}`;
  try {
    const data = Buffer.from(await revealSecrets(certificate.data, secrets), 'base64');
    const password = await revealSecrets(certificate.password ?? '', secrets);
    const problem = problemOf(certificateFormat, data, password);
    if (problem !== undefined) {
      throw new HostUnusableError(
        'NodePreparationError',
        `The certificate ${name} cannot be installed: ${problem}; delete it, add it as it should be, then reboot the node.`,
      );
    }
    const file = `${directory}/${name}.${certificateFormat}`;
    await host.files.write(file, data);
    if (certificateFormat === 'pfx') await host.files.write(`${file}.pw`, password);
  } catch (error) {
    const code = codeOf(error);
    if (error instanceof HostUnusableError || code === undefined) throw error;
    throw new HostUnusableError(
      code === 'ENOSPC' || code === 'EDQUOT' ? 'DiskFull' : 'NodePreparationError',
      `The certificate ${name} cannot be installed: ${messageOf(error)}`,
    );
  }
}

/** What certainly is wrong with it. Of what is packed by methods of the past nothing is known here: tasks may still. */
function problemOf(
  format: CertificateInstall['certificateFormat'],
  data: Buffer,
  passphrase: string,
): string | undefined {
  try {
    if (format === 'cer') new X509Certificate(data);
    else createSecureContext({ pfx: data, passphrase });
    return undefined;
  } catch (error) {
    if (format === 'cer') return 'its data is no certificate';
    if (messageOf(error).includes('mac verify failure')) return 'its password is wrong';
    const isKnown = codeOf(error)?.startsWith('ERR_CRYPTO_') === true;
    return isKnown ? undefined : 'its data is no PKCS #12 file (pfx)';
  }
}
