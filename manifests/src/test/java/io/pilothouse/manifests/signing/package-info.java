@NullMarked
package io.pilothouse.manifests.signing;

import org.jspecify.annotations.NullMarked;
