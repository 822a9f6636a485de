/** Here, as an agent's parts are its own. */
@NullMarked
package io.pilothouse.agent;

import org.jspecify.annotations.NullMarked;
