@NullMarked
package io.pilothouse.manifests.policy;

import org.jspecify.annotations.NullMarked;
