@NullMarked
package io.pilothouse.examples.farm;

import org.jspecify.annotations.NullMarked;
