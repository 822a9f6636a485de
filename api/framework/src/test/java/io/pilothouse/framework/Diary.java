package io.pilothouse.framework;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.OfferID;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.scheduler.Event;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A handler that writes down what it is told. */
class Diary implements FrameworkHandler {
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

  /** Updates that it still throws at. */
  final AtomicInteger throwing = new AtomicInteger();

  /** The next thing that it was told. */
  final void says(String line) throws InterruptedException {
    @Nullable String next = lines.poll(30, TimeUnit.SECONDS);
    assertThat(next).startsWith(line);
  }

  final void saysNothingMore() {
    assertThat(lines).isEmpty();
  }

  @Override
  public void offers(Framework framework, List<Offer> offers) {
    lines.add("offers " + offers.stream().map(each -> each.getHostname()).toList());
  }

  @Override
  public void update(Framework framework, TaskStatus status) {
    lines.add("update " + status.getTaskId().getValue() + " " + status.getState());
    if (throwing.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
      throw new IllegalStateException("the disk is full");
    }
  }

  @Override
  public void subscribed(Framework framework, Event.Subscribed subscribed) {
    lines.add("subscribed " + subscribed.getFrameworkId().getValue());
  }

  @Override
  public void rescinded(Framework framework, OfferID offer) {
    lines.add("rescinded " + offer.getValue());
  }

  @Override
  public void message(Framework framework, Event.Message message) {
    lines.add("message " + message.getData().toStringUtf8());
  }

  @Override
  public void failure(Framework framework, Event.Failure failure) {
    lines.add("failure " + failure.getAgentId().getValue());
  }

  @Override
  public void disconnected(Framework framework, String why) {
    lines.add("disconnected " + why);
  }

  @Override
  public void error(Framework framework, FrameworkException why) {
    lines.add("error " + why.getMessage());
  }
}
