import type { Application, ApplicationPackage } from './application.ts';
import { formatTime } from './calendar.ts';
import type { ApplicationPackageContent, ApplicationSpecification } from './specification.ts';

/** One version; times are ISO 8601. */
export interface ApplicationPackageView {
  version: string;
  state: string;
  format: 'zip';
  /** A secret of it is a mark. */
  content: ApplicationPackageContent;
  creationTime: string;
  stateTransitionTime: string;
  lastActivationTime?: string;
}

export interface ApplicationView extends ApplicationSpecification {
  defaultVersion?: string;
  /** Those that nodes can install, by creation. */
  versions: string[];
  /** Every version that there is. */
  packages: ApplicationPackageView[];
  creationTime: string;
  lastModified: string;
}

export function applicationView(application: Application): ApplicationView {
  const { specification, creationTime, lastModified, defaultVersion } = application;
  const packages = [...application.packages.values()];
  return {
    ...specification,
    ...(defaultVersion === undefined ? {} : { defaultVersion }),
    versions: packages.filter(({ state }) => state === 'active').map(({ version }) => version),
    packages: packages.map(packageView),
    creationTime: formatTime(creationTime),
    lastModified: formatTime(lastModified),
  };
}

function packageView(one: ApplicationPackage): ApplicationPackageView {
  const { version, state, content, creationTime, stateTransitionTime, lastActivationTime } = one;
  return {
    version,
    state,
    format: 'zip',
    content,
    creationTime: formatTime(creationTime),
    stateTransitionTime: formatTime(stateTransitionTime),
    ...(lastActivationTime === undefined
      ? {}
      : { lastActivationTime: formatTime(lastActivationTime) }),
  };
}
