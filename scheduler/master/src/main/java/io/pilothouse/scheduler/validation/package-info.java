/**
 * What is wrong with what frameworks say, in Mesos' words: clients and their tests match on them.
 * Pure functions; empty means nothing.
 */
@NullMarked
package io.pilothouse.scheduler.validation;

import org.jspecify.annotations.NullMarked;
