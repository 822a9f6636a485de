@NullMarked
package io.pilothouse.examples.mpi;

import org.jspecify.annotations.NullMarked;
