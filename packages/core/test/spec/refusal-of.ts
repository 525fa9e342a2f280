import { BatchError } from '../../src/errors.ts';

/** What a parse throws, as plain data; anything but a `BatchError` passes through. */
export function refusalOf(parse: () => unknown): { code: string; message: string; path: string } {
  try {
    parse();
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    const path = error.values.find(({ key }) => key === 'PropertyName')?.value ?? '';
    return { code: error.code, message: error.message, path };
  }
  throw new Error('nothing was refused');
}
