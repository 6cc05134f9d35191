// tenon: the command line. Commands that look at files are here, and need no more than the formats library; those that
// compute are programs of their own beside this one (tenon-run), which it becomes.
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string_view>

#include "cli/ls.h"
#include "cli/program.h"

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

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) {
    for (const std::string_view program : kPrograms) {
      if (program == argv[1]) return become(argv[1], argv);
    }
  }
  CLI::App app("Looks at TensorFlow checkpoints and graphs, and runs them.\n"
               "MODEL is a checkpoint's name, any of its files, a folder with a file \"checkpoint\", a .meta, .pb or "
               ".pbtxt, or a SavedModel's folder.\n"
               "Exit code 0: done, 1: failed, 2: wrong usage.", "tenon");
  app.require_subcommand(1);
  std::string model;
  bool json = false;
  CLI::App* ls = app.add_subcommand("ls", "List the tensors of a checkpoint, or what a graph consists of");
  ls->add_option("MODEL", model)->required();
  ls->add_flag("--json", json, "Print JSON");
  app.add_subcommand("run", "Run a model: see tenon run --help");

  return tenon::run_program("tenon", app, argc, argv, [&] {
    const nlohmann::ordered_json listing = tenon::list_model(tenon::resolve_model(model));
    const std::string text = json ? listing.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"
                                  : tenon::list_as_text(listing);
    std::fwrite(text.data(), 1, text.size(), stdout);
  });
}
