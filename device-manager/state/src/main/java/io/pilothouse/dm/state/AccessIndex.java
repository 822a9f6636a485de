package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Fleet;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The grants of the fleet as it stands, ready for every call that asks. */
final class AccessIndex implements Index {

  private Grants grants = Grants.of(List.of());

  @Override
  public void update(Entities now, Update update) {
    if (update.table() == Table.FLEET) {
      grants = Grants.of(update.after() instanceof Fleet fleet ? fleet.getAccessList() : List.of());
    }
  }

  Grants grants() {
    return grants;
  }

  @Override
  public SortedMap<String, Object> contents() {
    return new TreeMap<>(Map.of("documents", grants.documents()));
  }
}
