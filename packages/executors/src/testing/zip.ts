import { crc32, deflateRawSync } from 'node:zlib';

/** A file of a zip file, or a directory if its name ends with `/`. */
export interface ZipFileEntry {
  name: string;
  content?: string | Uint8Array;
  /** With the type of the file. Default: a regular file that everybody may execute. */
  mode?: number;
  /** What it says of its content, if that is not true. */
  crc?: number;
  size?: number;
}

/** A zip file with these entries, as they are: also what nobody should unpack. */
export function zipOf(entries: readonly ZipFileEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content = '', mode = 0o100755, crc, size } of entries) {
    const bytes = Buffer.from(content);
    const data = deflateRawSync(bytes);
    const named = Buffer.from(name);
    const about = Buffer.alloc(26);
    about.writeUInt16LE(20, 0);
    about.writeUInt16LE(0x800, 2); // names in UTF-8
    about.writeUInt16LE(8, 4);
    about.writeUInt32LE(crc ?? crc32(bytes), 10);
    about.writeUInt32LE(data.length, 14);
    about.writeUInt32LE(size ?? bytes.length, 18);
    about.writeUInt16LE(named.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), about, named, data]);
    const central = Buffer.alloc(14);
    central.writeUInt32LE(mode * 2 ** 16, 6);
    central.writeUInt32LE(offset, 10);
    const madeBy = Buffer.from([20, 3]);
    directory.push(Buffer.from('PK\x01\x02', 'latin1'), madeBy, about, central, named);
    parts.push(local);
    offset += local.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, listed, end]);
}
