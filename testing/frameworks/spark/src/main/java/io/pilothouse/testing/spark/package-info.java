/**
 * A job as users of Spark 2.0.2 (2016) wrote them, on Spark unchanged with its own libraries of
 * then. {@code testing/offers} runs it; start at {@link io.pilothouse.testing.spark.Main}.
 */
@NullMarked
package io.pilothouse.testing.spark;

import org.jspecify.annotations.NullMarked;
