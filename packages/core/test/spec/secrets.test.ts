import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withSecrets } from '../../src/secret-mark.ts';
import { containerName } from '../../src/spec/blob-names.ts';
import { parseJobFile, parseTask, parseTaskFactory, parseTasks } from '../../src/spec/index.ts';
import { demand } from '../../src/spec/read.ts';
import { resourceFile } from '../../src/spec/resource-file.ts';
import type { TaskTemplate } from '../../src/specification.ts';
import { expandTemplate } from '../../src/task-factory.ts';
import { refusalOf } from './refusal-of.ts';

/** Keeps secrets under handles by the order in which they come. */
class Keeper {
  readonly secrets: string[] = [];
  readonly seal = (secret: string): string => `h.${this.secrets.push(secret) - 1}`;

  open(text: string | undefined): string {
    return withSecrets(text ?? '', (handle) => this.secrets[Number(handle.slice(2))] ?? '?');
  }
}

function taskWith(httpUrl: string): object {
  return { id: 't', commandLine: 'x', resourceFiles: [{ httpUrl, filePath: 'a' }] };
}

function factoryWith(httpUrl: string): object {
  const { id: _, ...repeatTask } = { ...taskWith(httpUrl), id: '' };
  return { type: 'parametricSweep', parameterSets: [{ start: 7, end: 9 }], repeatTask };
}

function urlOf({ resourceFiles: [file] }: TaskTemplate): string {
  return file !== undefined && 'httpUrl' in file ? file.httpUrl : '';
}

describe('a URL with a secret', () => {
  it.each([
    ['https://a.example/c/b?sv=2020&sig=aGk%3D', 'https://a.example/c/b?<secret:h.0>'],
    ['https://a.example/b?X-Amz-Signature=00', 'https://a.example/b?<secret:h.0>'],
    ['https://a.example/b?s%69g=00', 'https://a.example/b?<secret:h.0>'],
    ['https://a.example/b?x=1#access_token=00', 'https://a.example/b?<secret:h.0>'],
    ['https://a.example/b#access_token=00', 'https://a.example/b#<secret:h.0>'],
    ['HTTPS://user:pass@a.example/b?x=1', 'HTTPS://<secret:h.0>@a.example/b?x=1'],
    ['https://token@a.example', 'https://<secret:h.0>@a.example'],
    ['https://u:p@s@a.example/@?sig=x', 'https://<secret:h.0>@a.example/@?<secret:h.1>'],
  ])('%s comes out as %s', (given, shown) => {
    const keeper = new Keeper();
    const sealed = urlOf(parseTask(taskWith(given), keeper));
    expect(sealed).toBe(shown);
    expect(keeper.open(sealed)).toBe(given);
  });

  it.each([
    'https://a.example/sig=1/b',
    'https://a.example/b?version=2&design=x',
    'https://a.example/b?sig',
    'https://a.example/user:pass@b',
  ])('%s has none', (url) => {
    expect(urlOf(parseTask(taskWith(url)))).toBe(url);
  });

  it('means the same under its name of 2016', () => {
    const keeper = new Keeper();
    const resourceFiles = [{ blobSource: 'https://a.example/b?sig=x', filePath: 'a' }];
    const sealed = parseTask({ ...taskWith(''), resourceFiles }, keeper);
    expect(urlOf(sealed)).toBe('https://a.example/b?<secret:h.0>');
  });

  it('is refused where there is no place to keep it', () => {
    const url = 'https://a.example/b?sig=hidden';
    const refusals = [
      refusalOf(() => parseTask(taskWith(url))),
      refusalOf(() => parseTaskFactory(factoryWith(url))),
      refusalOf(() => parseJobFile({ pool: {}, job: {}, tasks: [taskWith(url)] })),
      refusalOf(() => {
        const pool = { id: 'p', targetDedicatedNodes: 1 };
        parseJobFile({ pool, job: { id: 'j' }, taskFactory: factoryWith(url) });
      }),
    ];
    expect(refusals.map(({ code, path }) => [code, path])).toEqual([
      ['UnsupportedProperty', 'resourceFiles[0].httpUrl'],
      ['UnsupportedProperty', 'repeatTask.resourceFiles[0].httpUrl'],
      ['MissingRequiredProperty', 'pool.id'],
      ['UnsupportedProperty', 'taskFactory.repeatTask.resourceFiles[0].httpUrl'],
    ]);
    expect(refusals[0]?.message).toContain('there is no secret store to keep it in');
    expect(JSON.stringify(refusals)).not.toContain('hidden');
    expect(JSON.stringify(parseTasks([taskWith(url)]))).not.toContain('hidden');
  });

  it.each([
    'https://user:hidden@a.example/ b',
    'https:///user:hidden@a.example/b',
    'ftp://user:hidden@a.example/b?sig=hidden',
    'https://a.example/ b?sig=hidden',
    'https://a.example/ b#token=hidden',
    'https:user:hidden@a.example',
    'a.example/c/b?sig=hidden',
    'me:hidden@a.example',
  ])('is not shown where it is wrong otherwise: %s', (url) => {
    const { code, message } = refusalOf(() => parseTask(taskWith(url), new Keeper()));
    expect(code).toBe('InvalidPropertyValue');
    expect(message).not.toContain('hidden');
  });

  it('cannot be given as the handle of a secret', () => {
    const given = taskWith('https://a.example/b?<secret:h.0>');
    expect(refusalOf(() => parseTask(given, new Keeper()))).toMatchObject({
      code: 'InvalidPropertyValue',
      path: 'resourceFiles[0].httpUrl',
    });
  });
});

it('a resource file of what does not seal is refused with a secret', () => {
  const ofNothing = resourceFile(containerName);
  const given = { blobSource: 'https://a.example/b?sig=hidden', filePath: 'a' };
  const { code, message, path } = refusalOf(() => demand(ofNothing, given, { name: 'file' }));
  expect([code, path]).toEqual(['UnsupportedProperty', 'blobSource']);
  expect(message).toBe(
    'blobSource carries a signature or password, which is not supported here yet',
  );
});

describe('a factory whose URL has a secret', () => {
  it('has its placeholders outside of the marks', () => {
    const keeper = new Keeper();
    const { repeatTask } = parseTaskFactory(
      factoryWith('https://u{0}:p@a.example/part-{0:3}?sig=a{0}b&{{0}}'),
      keeper,
    );
    expect(urlOf(repeatTask)).toBe(
      'https://<secret:h.0>{0:0}<secret:h.1>@a.example/part-{0:3}?<secret:h.2>{0:0}<secret:h.3>',
    );
    expect(keeper.open(urlOf(expandTemplate(repeatTask, [7])))).toBe(
      'https://u7:p@a.example/part-007?sig=a7b&{0}',
    );
  });

  it('is still refused for a placeholder beyond its sets', () => {
    const refusal = refusalOf(() =>
      parseTaskFactory(factoryWith('https://a.example/b?sig=hidden{1}'), new Keeper()),
    );
    expect(refusal.path).toBe('repeatTask.resourceFiles[0].httpUrl');
    expect(refusal.message).not.toContain('hidden');
  });

  it('gives each task the URL of the same task given by itself', () => {
    const piece = fc.constantFrom(
      ...['{0}', '{0:3}', '{{0}}', '{{{0}}}', '{', '}', 'a', '=', '&sig=', '&', '?', '#', '@', ':'],
      ...['/', '%', '<', '>', ';', '\\'],
    );
    const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    const url = fc.tuple(text, text).map(([a, b]) => `https://h${a}?sig=s${b}`);
    fc.assert(
      fc.property(url, fc.constantFrom(-3, 0, 7, 1234), (given, value) => {
        const plain = expandTemplate({ ...parseTask(taskWith('https://h')), commandLine: given }, [
          value,
        ]).commandLine;
        const [ofFactory, ofTask] = [new Keeper(), new Keeper()];
        const { repeatTask } = parseTaskFactory(factoryWith(given), ofFactory);
        const task = parseTask(taskWith(plain), ofTask);
        expect(ofFactory.open(urlOf(expandTemplate(repeatTask, [value])))).toBe(plain);
        expect(ofTask.open(urlOf(task))).toBe(plain);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('whatever a specification says', () => {
  it('no secret comes out of the door', () => {
    const secret = 'S3CR3T';
    const place = fc.constantFrom(
      ...['a.example', 'a.example:8080/c/{0}', 'a.example/', '[::1]/b', '{0}.example/b;c=1'],
    );
    const userInfo = fc.constantFrom('', `${secret}@`, `u:${secret}@`, `${secret}{0}:@${secret}@`);
    const tail = fc.constantFrom(
      ...['', '?', '?a=b', `?sig=${secret}`, `?a=b&X-Goog-Signature=${secret}&c={0}`],
      ...[`?{0}-signature=${secret}`, `?token=a{0:2}${secret}#f`, `#a&password=${secret}`],
    );
    const scheme = fc.constantFrom('http://', 'https://', 'HTTPS://', 'https:///', 'ftp://');
    const url = fc.tuple(scheme, userInfo, place, tail).map((parts) => parts.join(''));
    fc.assert(
      fc.property(url, (given) => {
        const keeper = new Keeper();
        const pool = { id: 'p', targetDedicatedNodes: 1 };
        const file = { pool, job: { id: 'j' }, tasks: [taskWith(given)] };
        for (const parse of [
          () => parseTask(taskWith(given), keeper),
          () => parseTasks([taskWith(given)], keeper),
          () => parseTaskFactory(factoryWith(given), keeper),
          () => parseJobFile({ ...file, taskFactory: factoryWith(given) }, keeper),
          () => parseTask(taskWith(given)),
        ]) {
          let out: unknown;
          try {
            out = parse();
          } catch (error) {
            out = [String(error), error];
          }
          expect(JSON.stringify(out)).not.toContain(secret);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
