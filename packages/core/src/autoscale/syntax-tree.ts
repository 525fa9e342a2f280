import type { Position } from './formula-error.ts';

export type UnaryOperator = '-' | '!';
export type ArithmeticOperator = '+' | '-' | '*' | '/';
export type ComparisonOperator = '<' | '<=' | '==' | '>=' | '>' | '!=';
export type LogicalOperator = '&&' | '||';
export type BinaryOperator = ArithmeticOperator | ComparisonOperator | LogicalOperator;

/** Names are as written; whoever looks them up does so whatever the case (semantics §6.1). */
export type Expression = Position & { readonly depth: number } & (
    | { readonly kind: 'number'; readonly value: number }
    | { readonly kind: 'string'; readonly value: string }
    /** A variable, or without `$` a constant or a value of $NodeDeallocationOption. */
    | { readonly kind: 'name'; readonly name: string }
    | { readonly kind: 'vector'; readonly elements: readonly Expression[] }
    | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
    | { readonly kind: 'member'; readonly of: Expression; readonly name: string }
    | {
        readonly kind: 'method';
        readonly of: Expression;
        readonly name: string;
        readonly args: readonly Expression[];
      }
    | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Expression }
    | {
        readonly kind: 'binary';
        readonly operator: BinaryOperator;
        readonly left: Expression;
        readonly right: Expression;
      }
    | {
        readonly kind: 'choice';
        readonly condition: Expression;
        readonly yes: Expression;
        readonly no: Expression;
      }
  );

/** The place is that of the variable or of the expression's first word. */
export interface Statement extends Position {
  /** Absent: the value is dropped. */
  readonly assigns?: string;
  readonly value: Expression;
}
