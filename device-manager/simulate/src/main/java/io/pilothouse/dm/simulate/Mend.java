package io.pilothouse.dm.simulate;

/** The weakest act that ends an ailment. The order is that of the ladder. */
enum Mend {
  /** It ends by itself. */
  PASSES,
  REBOOT,
  RE_IMAGE,
  REPLACE,
  /** No act on the machine ends it: the version that it runs is what is broken. */
  OTHER_VERSION
}
