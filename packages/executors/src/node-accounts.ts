import type { NodeUser } from '@berth/core';
import type { Secrets } from '@berth/storage';
import { quote } from './command-line.ts';
import type { Host } from './host.ts';
import { revealSecrets } from './secret-url.ts';

/*
 * Accounts for logging in to a host (semantics §1.3). An account is ours when its comment names the node's root: others are
 * neither changed nor removed, whatever they are called. The shell gets passwords by its standard input, never in arguments.
 */

/**
 * Makes the accounts of a host those of its node's users, and removes those that it had before.
 * @throws Error that says which account could not be made, and why; the others are made.
 */
export async function setAccounts(
  host: Host,
  users: readonly NodeUser[],
  secrets: Secrets,
): Promise<void> {
  const complaints = `${host.root}/volatile/accounts.log`;
  const made: string[] = [];
  for (const { name, isAdmin, password, sshPublicKey } of users) {
    const words = [name, isAdmin ? 'admin' : 'nonadmin', sshPublicKey ?? ''].map(quote).join(' ');
    const given = password === undefined ? '' : await revealSecrets(password, secrets);
    if (/[\n\0]/.test(given)) throw new Error(`The password of "${name}" has more than one line.`);
    made.push(`make ${words} ${quote(given)} || failed=1`);
  }
  const wanted = users.map(({ name }) => quote(name)).join(' ');
  const script = `(
    exec >/dev/null 2>${quote(complaints)} </dev/null
    ${functions(host.root)}
    failed=0
    ${made.join('\n    ')}
    remove_others ${wanted}
    exit "$failed"
  )`;
  if ((await host.run(script)) === 0) return;
  const said = (await host.files.read(complaints))?.toString().trim();
  throw new Error(said === undefined || said === '' ? 'Accounts could not be made.' : said);
}

function functions(root: string): string {
  return `
    mark=${quote(`Berth ${root.replace(/[:,\n]/g, '_')}`)}
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    as_root=; [ "$(id -u)" = 0 ] || as_root='sudo -n'
    comment_of() { awk -F: -v name="$1" '$1 == name { print "x" $5; exit }' /etc/passwd; }
    ours() { awk -F: -v mark="$mark" '$5 == mark { print $1 }' /etc/passwd; }
    make() { # NAME admin|nonadmin KEY PASSWORD
      there=$(comment_of "$1")
      if [ -z "$there" ]; then
        if command -v useradd >/dev/null; then $as_root useradd -m -c "$mark" -s /bin/sh -- "$1"
        else $as_root adduser -D -g "$mark" -s /bin/sh -- "$1"; fi || return
      elif [ "$there" != "x$mark" ]; then
        echo "The host has an account \\"$1\\" of its own: choose another name." >&2
        return 1
      fi
      home=$(awk -F: -v name="$1" '$1 == name { print $6; exit }' /etc/passwd)
      # '*' lets nobody in by a password; sshd refuses an account that is locked.
      if [ -n "$4" ]; then printf '%s:%s\\n' "$1" "$4" | $as_root chpasswd || return
      else printf '%s:*\\n' "$1" | $as_root chpasswd -e || return; fi
      $as_root mkdir -p "$home/.ssh" || return
      printf '%s\\n' "$3" | $as_root tee "$home/.ssh/authorized_keys" || return
      $as_root chmod 700 "$home/.ssh" && $as_root chmod 600 "$home/.ssh/authorized_keys" || return
      $as_root chown -R "$1" "$home/.ssh" || return
      for group in sudo wheel; do
        grep -q "^$group:" /etc/group || continue
        if [ "$2" = admin ]; then
          $as_root usermod -a -G "$group" -- "$1" || $as_root addgroup "$1" "$group" || return
        else $as_root gpasswd -d "$1" "$group" || $as_root delgroup "$1" "$group" || :; fi 2>/dev/null
      done
    }
    remove_others() { # NAME…
      for name in $(ours); do
        wanted=
        for kept; do [ "$kept" != "$name" ] || wanted=1; done
        [ -z "$wanted" ] || continue
        $as_root pkill -KILL -u "$name" || :
        $as_root userdel -r -- "$name" || $as_root userdel -f -r -- "$name" || $as_root deluser --remove-home "$name"
      done
    }`;
}
