// tenon run: restores a model, runs it with feeds from a file, and writes what was fetched.
#include <fmt/format.h>

#include "cli/model_session.h"
#include "cli/program.h"
#include "formats/npz/npz.h"

namespace {

struct Options {
  std::string model, feeds, out, save;
  std::vector<std::string> fetch, target, init;
  std::int64_t steps = 1;
  bool no_restore = false;
};

void add_options(CLI::App& app, Options& options) {
  app.add_option("MODEL", options.model, "A checkpoint's name or any of its files, a .meta, .pb or .pbtxt, or a "
                                         "SavedModel's folder")->required();
  app.add_option("--feeds", options.feeds, "The values to feed: an .npz whose members are named after tensors");
  app.add_option("--fetch", options.fetch, "A tensor to compute after the steps")->allow_extra_args(false);
  app.add_option("--target", options.target, "An operation to run in each step")->allow_extra_args(false);
  app.add_option("--init", options.init, "An operation to run before the steps")->allow_extra_args(false);
  app.add_option("--steps", options.steps, "How often to run the targets (1)")->check(CLI::NonNegativeNumber);
  app.add_option("--out", options.out, "Write the fetched values to this .npz instead of printing them");
  app.add_option("--save", options.save, "Save the variables afterwards, under this name");
  app.add_flag("--no-restore", options.no_restore, "Leave the variables without the checkpoint's values");
}

void run(const Options& options) {
  tenon::ModelSession model(tenon::resolve_model(options.model));
  const auto fetches = model.tensors(options.fetch);
  const auto targets = model.operations(options.target);
  const auto inits = model.operations(options.init);
  const auto feeds = options.feeds.empty() ? tenon::Feeds() : model.feeds(tenon::read_npz(options.feeds));

  if (!options.no_restore) model.restore();
  for (const tenon::Operation& init : inits) model.session().run({}, feeds, {init});
  for (std::int64_t step = 0; step < options.steps && !targets.empty(); ++step) model.session().run({}, feeds, targets);
  if (!fetches.empty()) {
    const std::vector<tenon::Tensor> values = model.session().run(fetches, feeds);
    std::map<std::string, tenon::Tensor> named;
    for (std::size_t i = 0; i < values.size(); ++i) named[options.fetch[i]] = values[i];
    if (!options.out.empty()) {
      tenon::write_npz(options.out, named);
    } else {
      for (const std::string& name : options.fetch) fmt::print("{} {}\n", name, named[name].to_string());
    }
  }
  if (!options.save.empty()) fmt::print("{}\n", model.saver().save(model.session(), options.save));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs a model. Restores it, runs the initialisers once, then the targets as often as --steps says, then "
               "fetches, all with the feeds.\nExit code 0: done, 1: failed, 2: wrong usage.", "tenon run");
  Options options;
  add_options(app, options);
  return tenon::run_program("tenon run", app, argc, argv, [&] {
    if (!options.out.empty() && options.fetch.empty()) {
      throw tenon::Error(tenon::Code::InvalidArgument, "--out has nothing to write without --fetch");
    }
    run(options);
  });
}
