package io.pilothouse.dm.state;

import com.google.protobuf.Message;
import org.jspecify.annotations.Nullable;

/**
 * What one put did to a table.
 *
 * @param before the entity as it was; null: there was none
 * @param after the entity as it is; null: it is gone
 */
record Update(Table table, String key, @Nullable Message before, @Nullable Message after) {}
