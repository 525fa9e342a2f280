import { check, nothing } from './check.ts';
import { agrees } from './oracle.ts';

check('the engine does what the naive scheduler does, input by input', 500, nothing, (steps) =>
  agrees(steps),
);
