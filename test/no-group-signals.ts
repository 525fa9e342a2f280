// A process id that was read from a file too early is 0, and a signal to 0 reaches the whole process
// group: the test run, npm and whoever called it. Stopped like that they wait for ever, so it is refused.
const { kill } = process;
process.kill = (pid, signal) => {
  if (!Number.isInteger(pid) || pid < 2) throw new Error(`a signal to ${pid} is meant for nobody`);
  return kill.call(process, pid, signal);
};
