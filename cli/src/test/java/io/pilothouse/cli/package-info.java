/** Tests of the command line: what was typed → what is printed, asked and exited with. */
@NullMarked
package io.pilothouse.cli;

import org.jspecify.annotations.NullMarked;
