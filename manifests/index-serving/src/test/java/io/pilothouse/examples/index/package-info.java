@NullMarked
package io.pilothouse.examples.index;

import org.jspecify.annotations.NullMarked;
