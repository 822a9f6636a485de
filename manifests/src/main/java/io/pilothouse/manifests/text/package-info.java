/**
 * Text with positions. Start here: {@link io.pilothouse.manifests.text.YamlReader} turns a file
 * into {@link io.pilothouse.manifests.text.Node}s, each of which knows its {@link
 * io.pilothouse.manifests.text.Place}; whatever is wrong, at any later step, goes to {@link
 * io.pilothouse.manifests.text.Problems} with that place.
 */
@NullMarked
package io.pilothouse.manifests.text;

import org.jspecify.annotations.NullMarked;
