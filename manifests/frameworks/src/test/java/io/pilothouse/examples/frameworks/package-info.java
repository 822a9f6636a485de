@NullMarked
package io.pilothouse.examples.frameworks;

import org.jspecify.annotations.NullMarked;
