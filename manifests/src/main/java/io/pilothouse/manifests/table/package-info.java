/**
 * Field tables: one source for what a document may hold. Start here: an {@link
 * io.pilothouse.manifests.table.ObjectTable} lists {@link io.pilothouse.manifests.table.Field}s,
 * each with a key, a {@link io.pilothouse.manifests.table.Shape}, a setter and a sentence of
 * documentation. The parser reads by it, the JSON Schema is written from it, and the tests walk it.
 */
@NullMarked
package io.pilothouse.manifests.table;

import org.jspecify.annotations.NullMarked;
