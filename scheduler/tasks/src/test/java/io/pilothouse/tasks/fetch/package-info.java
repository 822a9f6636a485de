@NullMarked
package io.pilothouse.tasks.fetch;

import org.jspecify.annotations.NullMarked;
