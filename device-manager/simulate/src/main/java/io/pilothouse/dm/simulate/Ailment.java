package io.pilothouse.dm.simulate;

/**
 * One thing that is wrong with a machine itself, as it really is.
 *
 * @param cause name of the fault that brought it
 * @param mend the weakest act that ends it
 * @param since when it began
 */
record Ailment(String cause, Sign sign, Mend mend, long since) {}
