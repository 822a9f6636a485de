package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.framework.Framework;
import io.pilothouse.framework.FrameworkHandler;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.OfferID;
import io.pilothouse.mesos.v1.OperationStatus;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.scheduler.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Keeps offers until the test wants one, and writes down the rest. */
final class OfferKeeper implements FrameworkHandler {
  private final List<Offer> open = new ArrayList<>();
  final BlockingQueue<String> told = new LinkedBlockingQueue<>();

  /** It wants no more. */
  volatile boolean declines;

  @Override
  public void offers(Framework framework, List<Offer> offers) {
    if (declines) {
      offers.forEach(each -> framework.decline(each, 600));
      return;
    }
    synchronized (open) {
      open.addAll(offers);
    }
  }

  @Override
  public void rescinded(Framework framework, OfferID offer) {
    synchronized (open) {
      open.removeIf(each -> each.getId().equals(offer));
    }
  }

  @Override
  public void subscribed(Framework framework, Event.Subscribed subscribed) {
    synchronized (open) {
      open.clear();
    }
    told.add("subscribed");
  }

  @Override
  public void update(Framework framework, TaskStatus status) {
    told.add(status.getTaskId().getValue() + " " + status.getState());
  }

  @Override
  public void operation(Framework framework, OperationStatus status) {
    told.add(status.getOperationId().getValue() + " " + status.getState() + status.getMessage());
  }

  /** One that is open; it is the caller's now. */
  Offer offer(Predicate<Offer> wanted) {
    OfferedFleet.until(() -> find(wanted) != null);
    synchronized (open) {
      Offer found = find(wanted);
      assertThat(found).as("it was rescinded that moment").isNotNull();
      open.remove(found);
      return found;
    }
  }

  private @Nullable Offer find(Predicate<Offer> wanted) {
    synchronized (open) {
      return open.stream().filter(wanted).findFirst().orElse(null);
    }
  }

  /** Gives back what it has, and all that comes. */
  void declines(Framework framework) {
    declines = true;
    synchronized (open) {
      open.forEach(each -> framework.decline(each, 600));
      open.clear();
    }
  }

  void says(String... lines) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    List<String> heard = new ArrayList<>();
    while (!heard.containsAll(List.of(lines))) {
      String next = told.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      assertThat(next).as("%s within 60 s; heard %s", List.of(lines), heard).isNotNull();
      heard.add(next);
    }
  }
}
