/**
 * The runner of a node, and the protocol between it and the engine: version 1.
 *
 * On each node live a control shell and one slot shell per slot in use, each in a session of its own. They
 * do not belong to the connection: when the engine dies they go on, and a later engine finds them.
 * All is below `<node root>/volatile`:
 *
 *     runner.sh                     this script
 *     control.in, slot-<n>.in      FIFOs: what the shell reads as its script
 *     control.pid, slot-<n>.pid    `<pid> <start time, 0 where unknown> <protocol version>`
 *     slot-<n>.cgroup               its control group, which nothing that it starts can leave; where it can
 *                                   make one (root on Linux)
 *     out                           FIFO: what the shells answer
 *     reports.<n>                   the report log: the truth after a restart
 *
 * A line to a FIFO is at most PIPE_BUF long, so that it arrives whole or not at all whoever dies meanwhile.
 * Words are quoted for the shell, once.
 *
 * To a slot shell:
 *
 *     run CLAIM DIRECTORY RUN SEQUENCE NAME=VALUE… '' PROGRAM ARGUMENT0 ARGUMENT…
 *         Claim the run and run it in the foreground: one fork, one exec. DIRECTORY is below
 *         `workitems`. PROGRAM is looked for before ARGUMENT0 is executed; the two differ where `env` sets
 *         variables whose names a shell cannot export.
 *     primary CLAIM …
 *         The same for the command of a multi-instance task, in the run that has coordinated: its output
 *         goes behind what the coordination wrote, and its answers end with `primary`.
 *     . FILE           a file that holds one such line that was too long
 *     ask NONCE        answer `p`: everything before this line is done
 *     log N            from here on append to reports.N
 *     exit
 *
 * To the control shell:
 *
 *     end ID CLAIM DIRECTORY RUN SEQUENCE SLOT [primary]
 *         End the run that was given to SLOT (`-`: its shell is dead): if it is not claimed, take the claim
 *         (answer `u`), else kill its processes (answer `k`). Harmless if the run is over.
 *     measure ID       answer `m`, not at once
 *     release ID       end every run and slot shell of the node, answer `g`, exit
 *     log N
 *     exit
 *
 * Answers; those marked * are appended to the report log first, then written to `out`:
 *
 *   * e SLOT RUN SEQUENCE CODE     the process exited; 128 + n after signal n
 *   * f SLOT RUN SEQUENCE CODE     it was never launched: 127 not found, else the reason as the shell has it
 *   * u SLOT RUN SEQUENCE          it was never claimed and now never will be
 *     c SLOT RUN SEQUENCE          refused: somebody else has the claim
 *     p SLOT NONCE
 *     k ID                          two scans in a row found no process of the run. If the run does not
 *                                   report soon it was about to fork: end it again.
 *     m ID BUSY ALL MEMORY DISK READ WRITTEN READS WRITES IN OUT
 *                                   processor ticks, KiB in use of memory and of the node's disk; bytes and
 *                                   operations of all disks, bytes of the network, since the host started.
 *                                   Nothing after the ID where there is no /proc
 *     g ID
 *
 * A run begins by creating `<task directory>/<CLAIM>.run` exclusively; it holds `<slot> <pid of its shell>`.
 * `-` instead: it will never run. `next`: an engine that came back could not know whether a start was on
 * its way, so it took the claim and starts the run under the next one (claims.ts). Claims are
 * `<run>-<sequence>`, then `<run>-<sequence>.2`, and so on; of the command of a multi-instance task
 * `<run>-<sequence>.primary`, and so on.
 * If the process was not launched, `<task directory>/<marker>` holds the reason.
 */
export const protocolVersion = 1;

export type Answer =
  | (RunAnswer & { type: 'e' | 'f'; code: number })
  | (RunAnswer & { type: 'u' | 'c' })
  | { type: 'p'; slot: number; id: string }
  | { type: 'k' | 'g'; id: string }
  | { type: 'm'; id: string; values: number[] };

/** About a run, or, with `primary`, about the command of a multi-instance task in it. */
export interface RunAnswer {
  slot: number;
  run: number;
  sequence: number;
  primary: boolean;
}

/** `undefined` for what is no answer: a line cut off by a full disk. */
export function parseAnswer(line: string): Answer | undefined {
  const words = line.split(' ');
  const primary = words.at(-1) === 'primary';
  if (primary) words.pop();
  const type = words[0];
  const first = words[1] ?? '';
  const numbers = words.slice(1).map(Number);
  const [slot = Number.NaN, run = Number.NaN, sequence = Number.NaN, code = Number.NaN] = numbers;
  switch (type) {
    case 'e':
    case 'f':
      if (words.length !== 5 || numbers.some(Number.isNaN)) return undefined;
      return { type, slot, run, sequence, code, primary };
    case 'u':
    case 'c':
      // slot `-`: the shell was dead
      if (words.length !== 4 || Number.isNaN(run) || Number.isNaN(sequence)) return undefined;
      return { type, slot, run, sequence, primary };
    case 'p':
      return words.length === 3 ? { type, slot, id: words[2] ?? '' } : undefined;
    case 'm': {
      const values = numbers.slice(1);
      return values.some(Number.isNaN) ? undefined : { type, id: first, values };
    }
    case 'k':
    case 'g':
      return words.length === 2 ? { type, id: first } : undefined;
    default:
      return undefined;
  }
}

/**
 * `session PROGRAM ARGUMENT…` starts it in a session of its own and returns. Not with `&` if that can be
 * helped: a shell without job control starts background programs with SIGINT and SIGQUIT ignored, which
 * the tasks would inherit and could not undo.
 */
export const sessionFunction: string = `
if setsid -f true 2>/dev/null; then session() { setsid -f "$@"; }
elif perl -e 1 2>/dev/null; then
  session() { perl -e 'use POSIX; fork and exit; POSIX::setsid(); exec @ARGV' "$@"; }
else session() { setsid "$@" & }
fi
`;

/**
 * Starts one shell (`control` or `slot-<n>`). The FIFO is its script from the first line on: it opens both
 * ends, so that nobody's absence ends it. Its first line sets what runner.sh needs and sources it.
 * Expects quoted words.
 */
export function startShell(options: {
  shell: string;
  volatile: string;
  name: string;
  settings: string;
}): string {
  const { shell, volatile, name, settings } = options;
  const v = `${volatile}/${name}`;
  // A shell may be left that an engine started and did not live to hear of: it has no pid file yet.
  return `[ -p ${v}.in ] && echo exit 1<>${v}.in; rm -f ${v}.pid ${v}.in; mkfifo -m 600 ${v}.in && {
[ -p ${volatile}/out ] || mkfifo -m 600 ${volatile}/out; } && {
session env -i PATH="$PATH" ${shell} ${v}.in 9<>${v}.in </dev/null >/dev/null 2>&1
printf '%s\\n' ${settings} 1<>${v}.in; }`;
}

/**
 * Sourced by every shell of a node, with `$node`, `$key`, `$name`, `$slot` and `$log` set, on fd 9 its FIFO;
 * 0, 1 and 2 are /dev/null.
 * Written for any POSIX shell, measured with dash. What runs for every task uses built-in commands only.
 */
export const runnerScript: string = String.raw`# Berth runner, protocol ${protocolVersion}. See runner-script.ts.
set -C
umask 022
v=$node/volatile step=
# A task may signal its whole process group, which is this shell's too. Handlers, since what is ignored
# here would stay ignored in the tasks.
trap : HUP INT QUIT USR1 USR2 PIPE ALRM TERM TSTP TTIN TTOU
# For both, so that nobody's absence blocks or breaks it.
exec 4<>"$v/out" 5>>"$v/reports.$log"

started() { # PID: sets $start, 0 where unknown; fails if it is dead
  start=0
  [ -d /proc/self ] || { kill -0 "$1" 2>/dev/null; return; }
  read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
  set -- ${'$'}{stat##*) }
  start=${'$'}{20}
}
log() { exec 5>>"$v/reports.$1"; }
ask() { echo "p $slot $1" >&4; }
primary() { step=' primary'; run "$@"; step=; }

run() { # CLAIM DIRECTORY RUN SEQUENCE NAME=VALUE... '' PROGRAM ARGUMENT0 ARGUMENT...
  AZ_BATCH_TASK_DIR=$node/workitems/$2 AZ_BATCH_TASK_WORKING_DIR=$node/workitems/$2/wd
  HOME=$AZ_BATCH_TASK_WORKING_DIR BERTH_RUN=$key.$3.$4.
  r="$slot $3 $4" claim=$AZ_BATCH_TASK_DIR/$1.run
  if echo "$slot $$" >"$claim"; then
    shift 4
    (
      # Only a process that was not launched comes to its trap.
      trap 'echo $? >|"$AZ_BATCH_TASK_DIR/$BERTH_RUN"' 0
      cd "$AZ_BATCH_TASK_WORKING_DIR" || exit 126
      if [ "$step" ]; then exec >>../stdout.txt 2>>../stderr.txt || exit 126
      else exec >|../stdout.txt 2>|../stderr.txt || exit 126; fi
      exec 4>&- 5>&- 9<&-
      unset PWD OLDPWD SHLVL
      while [ "$1" ]; do export "$1"; shift; done
      shift
      case $1 in
        */*) [ -f "$1" ] && [ -x "$1" ] || { [ -e "$1" ] && exit 126; exit 127; } ;;
        *) hash "$1" || exit 127 ;;
      esac
      shift
      exec "$@"
    )
    code=$?
    a="e $r $code$step"
    if [ $code != 0 ] && [ -e "$AZ_BATCH_TASK_DIR/$BERTH_RUN" ]; then a="f $r $code$step"; fi
    echo "$a" >&5
  else
    a="c $r$step"
  fi
  echo "$a" >&4
}

enter() { # a control group of its own; where none can be made there is none
  [ "$slot" != - ] && [ -r /proc/self/cgroup ] || return 0
  while IFS=: read -r id controllers path; do
    case $id:$controllers in
      0:) for base in /sys/fs/cgroup/unified /sys/fs/cgroup; do [ -e $base/cgroup.procs ] && break; done ;;
      *:pids | *:freezer) base=/sys/fs/cgroup/$controllers ;;
      *) continue ;;
    esac
    group=$base${'$'}{path%/}/berth-$key-$slot
    { [ -d "$group" ] || mkdir "$group"; } 2>/dev/null || continue
    # Of the hierarchies that there are one is enough.
    if echo $$ 2>/dev/null >|"$group/cgroup.procs"; then
      echo "$group" >|"$v/$name.cgroup"
      break
    fi
  done </proc/self/cgroup
}
scan() { # SESSION MARKER CGROUP: the processes of a run; -z, since some greps end a line at NUL
  if [ -d /proc/self ]; then
    {
      grep -lszF "BERTH_RUN=$2" /proc/[0-9]*/environ | sed 's,^/proc/\([0-9]*\)/.*,mine \1,'
      grep -lszF "BERTH_RUN=" /proc/[0-9]*/environ | sed 's,^/proc/\([0-9]*\)/.*,marked \1,'
      [ -z "$3" ] || sed 's/^/group /' "$3/cgroup.procs" 2>/dev/null
      cat /proc/[0-9]*/stat 2>/dev/null
    }
  else
    ps -A -o pid= -o ppid= -o pgid= -o stat= | sed 's/^/ps /'
  fi | awk -v session="$1" '
    # Its marked processes, those of its session and control group that no other run has marked, and their descendants.
    $1 == "mine" { mine[$2] = 1; next }
    $1 == "marked" { marked[$2] = 1; next }
    $1 == "group" { grouped[$2] = 1; next }
    $1 == "ps" { p = $2; parent[p] = $3; group = $4; state = $5 }
    $1 != "ps" { p = $1; sub(/^.*\) /, ""); parent[p] = $2; group = $4; state = $1 }
    state ~ /^[ZX]/ { delete parent[p]; next }
    { if (p in mine || ((group == session || p in grouped) && !(p in marked))) found[p] = 1 }
    END {
      delete found[session]
      do {
        more = 0
        for (p in parent) if (!(p in found) && p != session && parent[p] in found) { found[p] = 1; more = 1 }
      } while (more)
      for (p in found) print p
    }'
}
tree() { # SESSION MARKER CGROUP: kill until two scans in a row find nothing
  none=0 scans=0
  while [ $none -lt 2 ] && [ $scans -lt 100 ]; do
    found=$(scan "$1" "$2" "$3") scans=$((scans + 1))
    [ "$found" ] || { none=$((none + 1)); continue; }
    # All stand still before the first dies: a parent must not see its child's death and go on.
    none=0; kill -STOP $found 2>/dev/null; kill -KILL $found 2>/dev/null
  done
}
session_of() { # SLOT: sets $session, - if its shell is dead, and $cgroup, empty if it has none
  session=- cgroup=
  [ "$1" != - ] && read -r pid was rest 2>/dev/null <"$v/slot-$1.pid" && started "$pid" &&
    [ "$start" = "$was" ] && session=$pid
  [ "$session" = - ] || [ ! -f "$v/slot-$1.cgroup" ] || read -r cgroup <"$v/slot-$1.cgroup"
}
end() { # ID CLAIM DIRECTORY RUN SEQUENCE SLOT [primary]
  if echo - 2>/dev/null >"$node/workitems/$3/$2.run"; then
    a="u $6 $4 $5${'$'}{7:+ $7}"
    echo "$a" >&5
    echo "$a" >&4
  else
    session_of "$6"
    tree "$session" "$key.$4.$5." "$cgroup"
  fi
  echo "k $1" >&4
}
measure() { # ID
  # Beside everything else: nobody's kill waits for a disk that does not answer.
  {
    found=
    if [ -r /proc/stat ] && [ -r /proc/meminfo ]; then
      found=$({
        df -Pk "$node" | sed 1d | sed 's/^/df /'
        cat /proc/stat /proc/meminfo
        sed 's/^/disk /' /proc/diskstats
        sed 's/^/net /; s/:/ /' /proc/net/dev
      } 2>/dev/null | awk '
        $1 == "df" { disk = $4 }
        $1 == "cpu" { all = $2 + $3 + $4 + $5 + $6 + $7 + $8 + $9; busy = all - $5 - $6 }
        $1 == "MemTotal:" { memory += $2 }
        $1 == "MemAvailable:" { memory -= $2 }
        # Whole disks, and neither their parts nor what is made of them.
        $1 == "disk" && $4 ~ /^((sd|vd|hd|xvd)[a-z]+|(nvme[0-9]+n|mmcblk)[0-9]+)$/ {
          reads += $5; read += $7 * 512; writes += $9; written += $11 * 512
        }
        $1 == "net" && $2 != "lo" && $3 ~ /^[0-9]+$/ { in_ += $3; out += $11 }
        END { printf " %.0f %.0f %.0f %.0f %.0f %.0f %.0f %.0f %.0f %.0f", busy, all, memory, disk, read, written, reads, writes, in_, out }')
    fi
    echo "m $1$found" >&4
  } &
}
release() { # ID
  for f in "$v"/slot-*.pid; do
    f=${'$'}{f##*/slot-}
    session_of "${'$'}{f%.pid}"
    [ "$session" = - ] || { kill -KILL "$session"; tree "$session" "$key." "$cgroup"; }
  done
  tree - "$key."
  for f in "$v"/slot-*.cgroup; do
    [ -f "$f" ] && read -r cgroup <"$f" && rmdir "$cgroup" 2>/dev/null
  done
  echo "g $1" >&4
  exit
}

enter
started $$
echo "$$ $start ${protocolVersion}" >|"$v/$name.pid"
`;
