/**
 * Looks into the files of a Device Manager that need not run: {@code pilot dm inspect}, {@code
 * verify} and {@code restore}.
 */
@NullMarked
package io.pilothouse.dm.inspect;

import org.jspecify.annotations.NullMarked;
