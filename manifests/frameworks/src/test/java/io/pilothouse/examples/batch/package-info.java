@NullMarked
package io.pilothouse.examples.batch;

import org.jspecify.annotations.NullMarked;
