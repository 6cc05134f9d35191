// tenon: the command line. Commands that look at files are here, and need no more than the formats library; those that
// compute are programs of their own beside this one (tenon-run), which it becomes.
#include <unistd.h>

#include <array>
#include <filesystem>
#include <functional>
#include <string_view>

#include "cli/checkpoint_copy.h"
#include "cli/diff.h"
#include "cli/inspect.h"
#include "cli/ls.h"
#include "cli/program.h"
#include "cli/rename.h"
#include "cli/repair.h"
#include "cli/verify.h"

namespace {

constexpr std::array kPrograms = {std::string_view("run")};

// Replaces this process; returns only if that fails.
int become(const std::string& command, char** argv) {
  std::error_code ignored;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", ignored);
  const std::string program = (self.parent_path() / ("tenon-" + command)).string();
  execv(program.c_str(), argv + 1);
  std::fprintf(stderr, "tenon: %s cannot be started\n", program.c_str());
  return 1;
}

struct Arguments {
  std::string model, second, prefix, to;
  int shards = 1;
  bool json = false, objects = false, exit_code = false;
  tenon::InspectOptions inspect;
  tenon::RenameOptions rename;
};

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

std::string as_json(const nlohmann::ordered_json& json) {
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

void list(const Arguments& arguments) {
  const tenon::ModelPath model = tenon::resolve_model(arguments.model);
  if (arguments.objects) {
    const auto objects = tenon::list_objects(tenon::checkpoint_of(model));
    return print(arguments.json ? as_json(objects) : tenon::objects_as_text(objects));
  }
  const auto listing = tenon::list_model(model);
  print(arguments.json ? as_json(listing) : tenon::list_as_text(listing));
}

void inspect(const Arguments& arguments) {
  const std::string checkpoint = tenon::checkpoint_of(tenon::resolve_model(arguments.model));
  if (checkpoint.empty()) {
    throw tenon::Error(tenon::Code::InvalidArgument, arguments.model + " is a graph without a checkpoint");
  }
  print(tenon::inspect_checkpoint(checkpoint, arguments.inspect));
}

void verify(const Arguments& arguments) {
  const auto report = tenon::verify_model(arguments.model);
  if (arguments.json) print(as_json(report));
  const std::string text = tenon::verification_as_text(report);
  if (!report["ok"].get<bool>()) throw tenon::Error(tenon::Code::DataLoss, text);
  if (!arguments.json) print(text);
}

void convert(const Arguments& arguments) {
  const auto to = arguments.to == "v1" ? tenon::CheckpointFormat::V1 : tenon::CheckpointFormat::V2;
  const auto reader = tenon::open_source(tenon::resolve_model(arguments.model));
  print(tenon::copy_checkpoint(*reader, all_tensors(*reader), arguments.prefix, {to, arguments.shards, "converting"}));
}

void rename(const Arguments& arguments) {
  const auto report = rename_tensors(tenon::resolve_model(arguments.model), arguments.prefix, arguments.rename);
  print(arguments.json ? as_json(report) : tenon::renaming_as_text(report));
}

void diff(const Arguments& arguments) {
  const auto report = diff_checkpoints(tenon::resolve_model(arguments.model), tenon::resolve_model(arguments.second));
  print(arguments.json ? as_json(report) : tenon::diff_as_text(report));
  if (arguments.exit_code && tenon::any_difference(report)) {
    throw tenon::Error(tenon::Code::FailedPrecondition, "the checkpoints differ");
  }
}

void repair(const Arguments& arguments) {
  const auto report = tenon::repair_checkpoint(arguments.model, arguments.prefix);
  print(arguments.json ? as_json(report) : tenon::repair_as_text(report));
}

// The command that is chosen sets `action`.
void add_commands(CLI::App& app, Arguments& arguments, std::function<void()>& action) {
  const auto add = [&](const char* name, const char* description, void (*command)(const Arguments&)) {
    CLI::App* added = app.add_subcommand(name, description);
    added->add_option("MODEL", arguments.model)->required();
    added->callback([&, command] { action = [&arguments, command] { command(arguments); }; });
    return added;
  };
  const auto add_json = [&](CLI::App* command) { command->add_flag("--json", arguments.json, "Print JSON"); };
  CLI::App* ls = add("ls", "List the tensors of a checkpoint, or what a graph consists of", list);
  ls->add_flag("--objects", arguments.objects, "The objects of what tf.train.Checkpoint or Keras' save_weights wrote");
  add_json(ls);
  CLI::App* inspected =
      add("inspect", "Print the tensors of a checkpoint, as TensorFlow's inspect_checkpoint does", inspect);
  inspected->add_option("--tensor_name", arguments.inspect.tensor_name, "Print this tensor");
  inspected->add_flag("--all_tensors", arguments.inspect.all_tensors, "Print the names and values of all tensors");
  inspected->add_flag("--all_tensor_names", arguments.inspect.all_tensor_names, "Print the names of all tensors");
  inspected->add_option("--count_exclude_pattern", arguments.inspect.count_exclude_pattern,
                        "A regular expression: tensors in whose names it is found are not counted");
  add_json(add("verify", "Check every byte that matters; exit code 1 if any is damaged", verify));
  CLI::App* to = add("convert", "Write every tensor of a checkpoint anew, as the checkpoint PREFIX", convert);
  to->add_option("PREFIX", arguments.prefix)->required();
  to->add_option("--to", arguments.to, "The format: v2, or v1 (TensorFlow before 2017)")
      ->required()
      ->check(CLI::IsMember({"v1", "v2"}));
  to->add_option("--shards", arguments.shards, "In how many data files; 1 puts those of a sharded checkpoint together")
      ->check(CLI::Range(1, 99999));
  CLI::App* renamed =
      add("rename", "Save the tensors of a checkpoint under other names to the checkpoint PREFIX", rename);
  renamed->add_option("PREFIX", arguments.prefix)->required();
  renamed->add_option("OLD=NEW", arguments.rename.names, "A tensor's name, or a scope's: a/=b/");
  CLI::Option* replace = renamed->add_option("--replace", arguments.rename.replace,
                                             "A regular expression: what it finds in a name is replaced ...");
  renamed->add_option("--with", arguments.rename.with, "... by this; $1 is its first group")->needs(replace);
  add_json(renamed);
  CLI::App* compared = add("diff", "In which tensors two checkpoints differ", diff);
  compared->add_option("SECOND", arguments.second)->required();
  compared->add_flag("--exit-code", arguments.exit_code, "Exit code 1 if they do");
  add_json(compared);
  CLI::App* anew = add("repair", "Save what is intact in a damaged checkpoint to the checkpoint PREFIX", repair);
  anew->add_option("PREFIX", arguments.prefix)->required();
  add_json(anew);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) {
    for (const std::string_view program : kPrograms) {
      if (program == argv[1]) return become(argv[1], argv);
    }
  }
  CLI::App app("Looks at TensorFlow checkpoints and graphs, checks, converts and runs them.\n"
               "MODEL is a checkpoint's name, any of its files, a folder with a file \"checkpoint\", a .meta, .pb or "
               ".pbtxt, or a SavedModel's folder.\n"
               "Exit code 0: done, 1: failed, 2: wrong usage.", "tenon");
  app.require_subcommand(1);
  Arguments arguments;
  std::function<void()> action;
  add_commands(app, arguments, action);
  app.add_subcommand("run", "Run a model: see tenon run --help");
  return tenon::run_program("tenon", app, argc, argv, [&] { action(); });
}
