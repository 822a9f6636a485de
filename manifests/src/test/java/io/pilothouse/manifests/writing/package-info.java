@NullMarked
package io.pilothouse.manifests.writing;

import org.jspecify.annotations.NullMarked;
