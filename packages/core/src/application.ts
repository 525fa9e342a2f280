import type { ApplicationPackageState } from './machines.ts';
import type { ApplicationPackageContent, ApplicationSpecification } from './specification.ts';
import { idKey } from './task-text.ts';

/** One version of an application: a zip file that nodes unpack (semantics §1.10). */
export interface ApplicationPackage {
  readonly version: string;
  content: ApplicationPackageContent;
  state: ApplicationPackageState;
  readonly creationTime: number;
  stateTransitionTime: number;
  lastActivationTime: number | undefined;
}

/** An application in snapshots. */
export interface ApplicationRecord {
  readonly specification: ApplicationSpecification;
  readonly creationTime: number;
  lastModified: number;
  defaultVersion: string | undefined;
  /** By creation. */
  packages: ApplicationPackage[];
}

/** Names the versions of a program that nodes can install (semantics §1.10, §10). */
export class Application {
  specification: ApplicationSpecification;
  readonly creationTime: number;
  lastModified: number;
  /** What a reference without version means; as its package spells it. */
  defaultVersion: string | undefined;
  /** By version in lower case, by creation. */
  readonly packages: Map<string, ApplicationPackage> = new Map();

  constructor({
    specification,
    creationTime,
    lastModified,
    defaultVersion,
    packages,
  }: ApplicationRecord) {
    this.specification = specification;
    this.creationTime = creationTime;
    this.lastModified = lastModified;
    this.defaultVersion = defaultVersion;
    for (const one of packages) this.packages.set(idKey(one.version), { ...one });
  }

  find(version: string): ApplicationPackage | undefined {
    return this.packages.get(idKey(version));
  }

  record(): ApplicationRecord {
    return { ...this, packages: [...this.packages.values()] };
  }
}
