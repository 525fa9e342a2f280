import { Engine, InputBatch, ReportKind } from '@berth/core';
const N = Number(process.argv[2] ?? 3_000_000); const J = Number(process.argv[3] ?? 1);
const tmpl = { commandLine:'echo {0}', resourceFiles:[], outputFiles:[], environmentSettings:[], constraints:{}, requiredSlots:1 };
for (let round = 0; round < 2; round++) {
const e = new Engine(); let t = 1e12;
const b = new InputBatch().command(t,{type:'addPool',pool:{ id:'p', vmSize:'local', targetDedicatedNodes:1000, taskSlotsPerNode:4, taskSchedulingPolicy:{nodeFillType:'spread'}, metadata:[], executor:'local', durability:'written' }});
for (let j=0;j<J;j++) b.command(t,{type:'addJob',job:{ id:'j'+j, priority:j%7, constraints:{maxTaskRetryCount:0}, commonEnvironmentSettings:[], poolInfo:{poolId:'p'}, onAllTasksComplete:'noaction', usesTaskDependencies:false, metadata:[] }}).command(t,{type:'addTaskFactory',jobId:'j'+j,factory:{type:'parametricSweep',parameterSets:[{start:1,end:N/J,step:1}],firstTaskId:0,repeatTask:tmpl}});
let r = e.apply(b); const nb = new InputBatch(); let n=0;
const t0 = performance.now();
while (r.effects.length) { nb.clear(); const fx=r.effects; for (let i=0;i<fx.length;i++) { if (fx.kind(i)===1) nb.report(t,{kind:ReportKind.nodeReady,node:fx.node(i),sequence:fx.sequence(i)}); else { n++; nb.report(t,{kind:ReportKind.runEnded,run:fx.run(i),sequence:fx.sequence(i),exitCode:0}); } } t++; r = e.apply(nb); }
const ms = performance.now()-t0; console.log(n, ms|0, 'ms', (ms*1e6/n)|0, 'ns/task', process.memoryUsage().rss>>20,'MB');
}
