/** {@code pilot dm}: the Device Manager's own replicas, backups of it, and looks into its files. */
@NullMarked
package io.pilothouse.cli.dm;

import org.jspecify.annotations.NullMarked;
