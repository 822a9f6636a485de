package io.pilothouse.filesync.client;

import io.pilothouse.filesync.TransferClass;

/**
 * How one content is brought.
 *
 * @param route whom to ask
 * @param transferClass urgent transfers go before bulk ones that wait, here and at the sources
 */
public record Transfer(Route route, TransferClass transferClass) {

  public static Transfer bulk(Route route) {
    return new Transfer(route, TransferClass.BULK);
  }

  public static Transfer urgent(Route route) {
    return new Transfer(route, TransferClass.URGENT);
  }
}
