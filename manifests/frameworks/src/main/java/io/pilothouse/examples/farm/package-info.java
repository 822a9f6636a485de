/**
 * An elastic web farm: small HTTP servers are tasks, HAProxy stands before them, and there are as
 * many as the load needs. {@link io.pilothouse.examples.farm.Elastic} decides how many, {@link
 * io.pilothouse.examples.farm.Farm} gets and gives back, {@link
 * io.pilothouse.examples.farm.HaProxy} is told who serves and tells how many users there are.
 */
@NullMarked
package io.pilothouse.examples.farm;

import org.jspecify.annotations.NullMarked;
