import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CertificateInstall } from '@berth/core';
import { EffectKind, ReportKind } from '@berth/core';
import { SecretGroup } from '@berth/storage';
import { describe, expect, it } from 'vitest';
import type { ContractWorld } from './contract.ts';
import { startTaskDetails } from './effects.ts';

const node = 1;
const password = `it's "secret" \\ $HOME`;

/** A key with its certificate as a pfx, and what is encrypted for it; needs openssl. */
export function keyAndSecret(secret: string): { pfx: Buffer; cer: Buffer; encrypted: string } {
  const directory = mkdtempSync(join(tmpdir(), 'berth certificate-'));
  const file = (name: string): string => join(directory, name);
  const openssl = (input: string, ...words: string[]): Buffer =>
    execFileSync('openssl', words, { input, stdio: ['pipe', 'pipe', 'ignore'] });
  try {
    const request = 'req -x509 -newkey rsa:2048 -nodes -subj /CN=berth -days 30'.split(' ');
    openssl('', ...request, '-keyout', file('key'), '-out', file('cert'));
    const pfx = openssl(
      password,
      ...['pkcs12', '-export', '-in', file('cert'), '-inkey', file('key'), '-passout', 'stdin'],
    );
    const cer = openssl('', 'x509', '-in', file('cert'), '-outform', 'der');
    const smime = ['smime', '-encrypt', '-aes256', '-outform', 'pem', file('cert')];
    return { pfx, cer, encrypted: openssl(secret, ...smime).toString('latin1') };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/**
 * What an executor that has `certificates`, and whose nodes have a POSIX shell, must do (semantics §11). Tests of a real key
 * need openssl here and on the nodes.
 */
export function certificatesContract(
  world: ContractWorld,
  shell: (script: string) => string,
): void {
  async function sealed(
    data: Buffer,
    more: Partial<CertificateInstall> & { password?: string } = {},
  ): Promise<CertificateInstall> {
    const group = new SecretGroup();
    const mark = (secret: string): string => `<secret:${group.seal(secret)}>`;
    const marked = {
      data: mark(data.toString('base64')),
      ...(more.certificateFormat === 'cer' ? {} : { password: mark(more.password ?? password) }),
    };
    await world.engine.secrets.put(group);
    return {
      thumbprint: 'AB12',
      thumbprintAlgorithm: 'sha1',
      certificateFormat: 'pfx',
      storeLocation: 'currentuser',
      storeName: 'My',
      visibility: ['starttask', 'task', 'remoteuser'],
      ...more,
      ...marked,
    };
  }
  async function boot(sequence: number, answer: ReportKind): Promise<void> {
    world.engine.carryOut({ kind: EffectKind.rebootNode, node, sequence });
    await world.engine.nodeAnswer(answer, sequence);
  }
  async function printed(script: string): Promise<string> {
    const file = world.newFile();
    const end = await world.engine.execute(shell(`{ ${script}\n} >"${file}" 2>&1`));
    expect(end, readFileSync(file, 'utf8')).toMatchObject({ exitCode: 0 });
    return readFileSync(file, 'utf8');
  }
  const within = 'cd "$AZ_BATCH_CERTIFICATES_DIR"';

  describe('certificates', () => {
    it('decrypt what was encrypted for them, and nobody but the owner may read them', async () => {
      const { pfx, cer, encrypted } = keyAndSecret('a secret');
      const certificates = [
        await sealed(pfx),
        await sealed(cer, { thumbprint: 'CD34', certificateFormat: 'cer' }),
      ];
      world.engine.nodes.set(node, { certificates });
      await boot(300, ReportKind.nodeReady);
      const decrypt = `${within} && openssl pkcs12 -in sha1-AB12.pfx -passin file:sha1-AB12.pfx.pw -nodes -out "$HOME/key" && openssl smime -decrypt -inform pem -inkey "$HOME/key" <<'END'
${encrypted}
END`;
      expect(await printed(decrypt)).toBe('a secret');
      expect(await printed(`${within} && ls && ls -ld . * | cut -c1-10`)).toBe(
        'sha1-AB12.pfx\nsha1-AB12.pfx.pw\nsha1-CD34.cer\ndrwx------\n-rw-------\n-rw-------\n-rw-------\n',
      );
      expect(
        await printed(`${within} && openssl x509 -inform der -in *.cer -noout -subject`),
      ).toContain('berth');
    });

    it('are only where they are visible, and gone when the node starts without them', async () => {
      const { cer } = keyAndSecret('');
      const more = { certificateFormat: 'cer' as const };
      const certificates = [
        await sealed(cer, { ...more, thumbprint: 'A1', visibility: ['task'] }),
        await sealed(cer, { ...more, thumbprint: 'B2', visibility: ['starttask'] }),
      ];
      world.engine.nodes.set(node, { certificates });
      await boot(300, ReportKind.nodeReady);
      expect(await printed(`${within} && ls`)).toBe('sha1-A1.cer\n');
      const file = world.newFile();
      const details = startTaskDetails(shell(`${within} && ls >"${file}"`));
      expect(await world.engine.executeStartTask(details, 301)).toMatchObject({ exitCode: 0 });
      expect(readFileSync(file, 'utf8')).toBe('sha1-B2.cer\n');
      world.engine.nodes.delete(node);
      await boot(302, ReportKind.nodeReady);
      expect(await printed(`${within} && ls`)).toBe('');
    });

    it('with a wrong password, that are none, or whose secret is gone make the node unusable', async () => {
      const { pfx } = keyAndSecret('');
      const none = { thumbprint: 'AB12', certificateFormat: 'cer' } as const;
      const gone = { ...(await sealed(pfx)), data: '<secret:gone.0>' };
      const bad: [string, CertificateInstall][] = [
        ['its password is wrong', await sealed(pfx, { password: 'another one' })],
        ['no PKCS #12 file', await sealed(Buffer.from('nothing'))],
        ['no certificate', await sealed(Buffer.from('nothing'), none)],
        ['gone.0', gone],
      ];
      let sequence = 300;
      for (const [why, certificate] of bad) {
        world.engine.nodes.set(node, { certificates: [certificate] });
        await boot(++sequence, ReportKind.nodeUnusable);
        expect(world.engine.reports.at(-1)).toMatchObject({
          error: 'NodePreparationError',
          detail: expect.stringContaining(why),
        });
        expect(world.engine.reports.at(-1)).toMatchObject({
          detail: expect.stringContaining('sha1-AB12'),
        });
      }
      world.engine.nodes.set(node, { certificates: [await sealed(pfx)] });
      await boot(++sequence, ReportKind.nodeReady);
      expect(JSON.stringify([world.engine.reports, world.engine.warnings])).not.toContain(password);
    });
  });
}
