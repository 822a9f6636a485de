// A framework on mesos-go's own library (api/v1/lib), as its users write one: the controller, its
// rules, its bookkeeping of offers. It runs commands as tasks and tells what happens, a line each:
//
//	framework -master HOST:PORT [-codec protobuf|json] [-user NAME -secret TEXT] NAME=COMMAND...
//
// The first offer is declined, to see that it comes again. A task whose name begins with "endless"
// is killed once it runs. After the last task all tasks are asked for once more, and the framework
// is torn down. Ends with 0, or with 1 and what went wrong.
//
// testing/offers compiles and runs it: GO111MODULE=off, GOPATH=/usr/share/gocode.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/encoding/codecs"
	"github.com/mesos/mesos-go/api/v1/lib/extras/scheduler/callrules"
	"github.com/mesos/mesos-go/api/v1/lib/extras/scheduler/controller"
	"github.com/mesos/mesos-go/api/v1/lib/extras/scheduler/eventrules"
	"github.com/mesos/mesos-go/api/v1/lib/extras/scheduler/offers"
	"github.com/mesos/mesos-go/api/v1/lib/extras/store"
	"github.com/mesos/mesos-go/api/v1/lib/httpcli"
	"github.com/mesos/mesos-go/api/v1/lib/httpcli/httpsched"
	"github.com/mesos/mesos-go/api/v1/lib/resources"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler/calls"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler/events"
)

// What each task has.
var (
	role  = resources.Role("*")
	wants = mesos.Resources{resources.NewCPUs(0.5).Resource, resources.NewMemory(64).Resource}
)

// errDone ends the event loop: the framework has been torn down.
var errDone = errors.New("done")

type framework struct {
	caller   calls.Caller
	waiting  []string          // NAME=COMMAND
	going    map[string]string // task to agent
	ended    map[string]string // task to agent
	declined bool
}

func main() {
	master := flag.String("master", "127.0.0.1:5050", "the scheduler's address")
	codec := flag.String("codec", "protobuf", "protobuf or json")
	principal := flag.String("user", "", "for HTTP Basic")
	secret := flag.String("secret", "", "for HTTP Basic")
	flag.Parse()
	if err := run(*master, *codec, *principal, *secret, flag.Args()); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("torn down")
}

func run(master, codec, principal, secret string, jobs []string) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	who, err := user.Current()
	if err != nil {
		return err
	}
	ids := store.DecorateSingleton(store.NewInMemorySingleton(),
		store.DoSet().AndThen(func(_ store.Setter, id string, _ error) error {
			fmt.Println("subscribed as", id)
			return nil
		}))
	f := &framework{waiting: jobs, going: map[string]string{}, ended: map[string]string{}}
	f.caller = callrules.WithFrameworkID(store.GetIgnoreErrors(ids)).Caller(client(master, codec, principal, secret))
	err = controller.Run(
		ctx,
		&mesos.FrameworkInfo{User: who.Username, Name: "mesos-go", Role: (*string)(&role)},
		f.caller,
		controller.WithFrameworkID(store.GetIgnoreErrors(ids)),
		controller.WithEventHandler(controller.LiftErrors().Handle(events.Handlers{
			scheduler.Event_SUBSCRIBED: eventrules.Rules{controller.TrackSubscription(ids, 0)},
			scheduler.Event_OFFERS:     eventrules.Handle(events.HandlerFunc(f.offered)),
			scheduler.Event_UPDATE:     controller.AckStatusUpdates(f.caller).AndThen().HandleF(f.updated),
		}.Otherwise(events.HandlerFunc(other)))),
		// one subscription: what ends it ends the program
		controller.WithSubscriptionTerminated(func(error) { cancel() }),
	)
	if err == io.EOF || err == nil {
		return errors.New("the stream ended before the framework did")
	}
	if err == errDone {
		return nil
	}
	return err
}

func client(master, codec, principal, secret string) calls.Caller {
	byName := map[string]httpcli.Opt{
		"protobuf": httpcli.Codec(codecs.ByMediaType[codecs.MediaTypeProtobuf]),
		"json":     httpcli.Codec(codecs.ByMediaType[codecs.MediaTypeJSON]),
	}
	config := []httpcli.ConfigOpt{}
	if principal != "" {
		config = append(config, httpcli.BasicAuth(principal, secret))
	}
	return httpsched.NewCaller(httpcli.New(
		httpcli.Endpoint("http://"+master+"/api/v1/scheduler"),
		byName[codec],
		httpcli.Do(httpcli.With(config...)),
	))
}

func (f *framework) offered(ctx context.Context, e *scheduler.Event) error {
	index := offers.NewIndex(e.GetOffers().GetOffers(), nil)
	for len(f.waiting) > 0 && f.declined {
		match := index.Find(offers.ContainsResources(wants))
		if match == nil {
			break
		}
		delete(index, match.GetID())
		if err := f.launch(ctx, match); err != nil {
			return err
		}
	}
	refuse := 10 * time.Minute
	if len(f.waiting) > 0 {
		refuse = 0
	}
	for _, left := range index {
		fmt.Println("declined an offer of", left.Hostname)
		f.declined = true
	}
	return calls.CallNoData(ctx, f.caller, calls.Decline(index.IDs()...).With(calls.RefuseSeconds(refuse)))
}

func (f *framework) launch(ctx context.Context, offer *mesos.Offer) error {
	left := mesos.Resources(offer.Resources)
	tasks := []mesos.TaskInfo{}
	for len(f.waiting) > 0 {
		found := resources.Find(resources.Flatten(wants, role.Assign()), left...)
		if len(found) == 0 {
			break
		}
		left = left.Minus(found...)
		job := strings.SplitN(f.waiting[0], "=", 2)
		f.waiting = f.waiting[1:]
		f.going[job[0]] = offer.AgentID.Value
		tasks = append(tasks, mesos.TaskInfo{
			Name:      job[0],
			TaskID:    mesos.TaskID{Value: job[0]},
			AgentID:   offer.AgentID,
			Resources: found,
			Command:   &mesos.CommandInfo{Value: &job[1]},
		})
	}
	fmt.Println("launched", len(tasks), "on", offer.Hostname)
	accept := calls.Accept(calls.OfferOperations{calls.OpLaunch(tasks...)}.WithOffers(offer.ID))
	return calls.CallNoData(ctx, f.caller, accept.With(calls.RefuseSeconds(10*time.Minute)))
}

// updated is called once the update has been acknowledged.
func (f *framework) updated(ctx context.Context, e *scheduler.Event) error {
	status := e.GetUpdate().GetStatus()
	task := status.TaskID.Value
	if status.GetReason() == mesos.REASON_RECONCILIATION {
		fmt.Println("asked for", task, status.GetState())
		delete(f.ended, task)
		if len(f.ended) > 0 {
			return nil
		}
		if err := calls.CallNoData(ctx, f.caller, &scheduler.Call{Type: scheduler.Call_TEARDOWN}); err != nil {
			return err
		}
		return errDone
	}
	fmt.Println(task, status.GetState(), status.GetMessage())
	switch status.GetState() {
	case mesos.TASK_STAGING, mesos.TASK_STARTING:
		return nil
	case mesos.TASK_RUNNING:
		if strings.HasPrefix(task, "endless") {
			return calls.CallNoData(ctx, f.caller, calls.Kill(task, status.GetAgentID().GetValue()))
		}
		return nil
	}
	if _, known := f.going[task]; !known {
		return fmt.Errorf("%s ended twice", task)
	}
	f.ended[task] = f.going[task]
	delete(f.going, task)
	if len(f.going) > 0 || len(f.waiting) > 0 {
		return nil
	}
	return calls.CallNoData(ctx, f.caller, calls.Reconcile(calls.ReconcileTasks(f.ended)))
}

func other(_ context.Context, e *scheduler.Event) error {
	fmt.Println(e.GetType())
	return nil
}
