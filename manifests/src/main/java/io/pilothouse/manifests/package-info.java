/**
 * The plain-text formats: what operators write in their own git. Start here: {@link
 * io.pilothouse.manifests.FleetDirectory} loads a fleet directory, {@link
 * io.pilothouse.manifests.ManifestSpec} a {@code manifest.yaml}, {@link
 * io.pilothouse.manifests.ContentSpec} whichever of manifest and image a directory holds. Each
 * answers with the whole thing or with every mistake, never with something in between.
 *
 * <p>What a document may hold is in the tables of {@link io.pilothouse.manifests.FleetTables} and
 * {@link io.pilothouse.manifests.ManifestTables}; {@link io.pilothouse.manifests.Schemas} writes
 * them as JSON Schema for editors.
 */
@NullMarked
package io.pilothouse.manifests;

import org.jspecify.annotations.NullMarked;
