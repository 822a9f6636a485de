@NullMarked
package io.pilothouse.tasks.check;

import org.jspecify.annotations.NullMarked;
