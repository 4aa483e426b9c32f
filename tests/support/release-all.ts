// For all suites: arrays of tiny models end like those of large ones.
import { RELEASED } from '../../ts/core/release.js';

RELEASED.leastBytes = 0;
