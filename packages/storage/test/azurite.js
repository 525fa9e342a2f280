import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ContainerSASPermissions, generateBlobSASQueryParameters, StorageSharedKeyCredential, } from '@azure/storage-blob';
/** A SAS of one container, for an hour. */
export function containerSas(azurite, containerName, permissions) {
    return generateBlobSASQueryParameters({
        containerName,
        permissions: ContainerSASPermissions.parse(permissions),
        expiresOn: new Date(Date.now() + 3_600_000),
    }, new StorageSharedKeyCredential(azurite.accountName, azurite.accountKey)).toString();
}
/** `directory`: where it keeps its files; absent: it keeps all in memory. */
export async function startAzurite({ directory, more = [], scheme = 'http', } = {}) {
    const main = createRequire(import.meta.url).resolve('azurite/dist/src/blob/main.js');
    const port = await freePort();
    const accountName = 'berthtest';
    const accountKey = Buffer.from('a key of this test alone').toString('base64');
    const place = directory === undefined ? ['--inMemoryPersistence'] : ['--location', directory];
    const server = spawn(process.execPath, [
        main,
        ...['--blobHost', '127.0.0.1', '--blobPort', String(port), '--silent'],
        ...['--disableTelemetry', '--skipApiVersionCheck', ...place, ...more],
    ], {
        env: { PATH: process.env['PATH'], AZURITE_ACCOUNTS: `${accountName}:${accountKey}` },
        stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    server.stderr.on('data', (text) => {
        said += text.toString();
    });
    const exited = new Promise((resolve) => server.once('exit', () => resolve()));
    for (let tries = 0; !(await answers(port)); tries++) {
        if (server.exitCode !== null || tries > 600)
            throw new Error(`No Azurite: ${said}`);
        await sleep(50);
    }
    const endpoint = `${scheme}://127.0.0.1:${port}/${accountName}`;
    return {
        endpoint,
        accountName,
        accountKey,
        connectionString: `DefaultEndpointsProtocol=${scheme};AccountName=${accountName};AccountKey=${accountKey};BlobEndpoint=${endpoint};`,
        async stop() {
            server.kill('SIGKILL');
            await exited;
        },
    };
}
async function answers(port) {
    // Any answer will do, and so does one that is not HTTP.
    return await fetch(`http://127.0.0.1:${port}/`).then(() => true, (error) => !String(error instanceof Error ? error.cause : error).includes('ECONNREFUSED'));
}
export async function freePort() {
    const server = createServer();
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    // An address of a listening server has a port.
    const { port } = server.address();
    await new Promise((resolve) => server.close(resolve));
    return port;
}
//# sourceMappingURL=azurite.js.map