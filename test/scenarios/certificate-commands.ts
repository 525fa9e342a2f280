import { parseCertificate } from '@berth/core/spec';
import type { ScenarioCommand } from './commands.ts';
import { throughDoor } from './door.ts';
import { certificateOptions, restBody } from './rest-body.ts';

/** What stands for a secret: there are no secrets in scenarios. */
const seal = (secret: string): string => `handle-of-${secret.length}`;

/** Certificates, by their thumbprints. */
export const certificateCommands: Record<string, ScenarioCommand> = {
  'add certificate'(world, line) {
    const body = restBody(line, certificateOptions, {
      ...named(line.word('a thumbprint')),
      data: 'Y2VydA==',
    });
    line.end();
    throughDoor(world, () => ({
      type: 'addCertificate',
      certificate: parseCertificate(body, { seal }),
    }));
  },
  'delete certificate'(world, line) {
    const name = named(line.word('a thumbprint'));
    line.end();
    world.send({ type: 'deleteCertificate', ...name });
  },
  'cancel deletion'(world, line) {
    const name = named(line.word('a thumbprint'));
    line.end();
    world.send({ type: 'cancelCertificateDeletion', ...name });
  },
  'show certificate'(world, line) {
    const name = named(line.word('a thumbprint'));
    line.end();
    const certificate = world.queries.certificate(name);
    if (certificate === undefined) return world.say('not found');
    const { thumbprint, certificateFormat, state, deleteCertificateError } = certificate;
    const { code, values = [] } = deleteCertificateError ?? {};
    const users = values.map(({ name, value }) => `${name} ${value}`);
    const error = code === undefined ? '' : ` ${code}: ${users.join(', ')}`;
    world.say(`${thumbprint} ${certificateFormat} ${state}${error}`);
  },
};

function named(thumbprint: string): { thumbprintAlgorithm: string; thumbprint: string } {
  return { thumbprintAlgorithm: 'sha1', thumbprint };
}
