@NullMarked
package io.pilothouse.tasks.lending;

import org.jspecify.annotations.NullMarked;
