// Saves and restores of a model of many variables, for bench/compare checkpoint.
//
// usage: checkpoint_speed MODE VARIABLES ELEMENTS PATH
//   save, save_data, save_durable, save_async    writes the checkpoint PATH, as a new one; save_data without .meta and
//                                                state file. save_async counts until the program can go on
//   save_over                                    writes it over what is there
//   write                                        writes PATH once and ends
//   restore, restore_mapped                      reads the checkpoint PATH
//   one                                          reads one tensor of PATH
//   import_meta, export_meta                     the graph, from and to PATH.meta
//   saver                                        makes a Saver of the model
// The float32 variables are v00000, v00001, ...; variable i holds i, i + 1, i + 2, ...
#include <cstdio>
#include <filesystem>
#include <string>

#include "line_protocol.h"
#include "tenon/checkpoint.h"
#include "tenon/tenon.h"

namespace {

using tn::bench::Stopwatch;

struct Model {
  Model(int variables, int elements) {
    for (int i = 0; i < variables; ++i) {
      const tn::Output start = tn::constant(graph, tn::Tensor(static_cast<float>(i)));
      const tn::Output end = tn::constant(graph, tn::Tensor(static_cast<float>(i + elements)));
      char name[16];
      std::snprintf(name, sizeof name, "v%05d", i);
      all.push_back(tn::variable(tn::range(graph, start, end, 1.f), name));
    }
  }

  void init() { session.run(graph.global_variables_initializer()); }

  // Something that is right only if the first, the last and the middle of each variable are.
  double sum() {
    double total = 0;
    for (const tn::Variable& one : all) {
      const tn::Tensor value = session.run(one);
      const std::int64_t last = value.elements() - 1;
      total += value.at<float>(0) + 2. * value.at<float>(last / 2) + 3. * value.at<float>(last);
    }
    return total;
  }

  tn::Graph graph;
  std::vector<tn::Variable> all;
  tn::Session session{graph};
};

// Training saves under a new name each time.
void remove_old(const std::string& path) {
  if (tn::checkpoint_exists(path)) tn::remove_checkpoint(path);
  std::filesystem::remove(std::filesystem::path(path).parent_path() / "checkpoint");
}

int save(Model& model, const std::string& path, const std::string& mode) {
  model.init();
  tn::Saver saver(model.graph);
  tn::SaveOptions options;
  if (mode == "save_data") options.write_meta_graph = options.write_state = false;
  if (mode == "save_durable") options.durability = tn::Durability::Durable;
  return tn::bench::serve_timed([&](int steps, Stopwatch& watch) {
    for (int i = 0; i < steps; ++i) {
      if (mode != "save_over") remove_old(path);
      watch.start();
      if (mode == "save_async") {
        tn::PendingSave pending = saver.save_async(model.session, path, options);
        watch.stop();
        pending.wait();
      } else {
        saver.save(model.session, path, options);
        watch.stop();
      }
    }
    return static_cast<double>(std::filesystem::file_size(path + ".data-00000-of-00001"));
  });
}

int restore(Model& model, const std::string& path, const tn::RestoreOptions& options) {
  tn::Saver saver(model.graph);
  return tn::bench::serve_timed([&](int steps, Stopwatch& watch) {
    for (int i = 0; i < steps; ++i) {
      watch.start();
      saver.restore(model.session, path, options);
      watch.stop();
    }
    return model.sum();
  });
}

int read_one(int variables, const std::string& path) {
  char name[16];
  std::snprintf(name, sizeof name, "v%05d", variables / 2);
  return tn::bench::serve([&](int steps) {
    float last = 0;
    for (int i = 0; i < steps; ++i) {
      const tn::Tensor value = tn::load_checkpoint(path).read(name);
      last = value.at<float>(value.elements() - 1);
    }
    return last;
  });
}

int import_meta(const std::string& path) {
  return tn::bench::serve_timed([&](int steps, Stopwatch& watch) {
    std::size_t variables = 0;
    for (int i = 0; i < steps; ++i) {
      tn::Graph graph;
      watch.start();
      const tn::Saver saver = tn::import_meta_graph(graph, path + ".meta");
      watch.stop();
      variables = graph.global_variables().size();
    }
    return static_cast<double>(variables);
  });
}

int export_meta(Model& model, const std::string& path) {
  const tn::Saver saver(model.graph);
  return tn::bench::serve([&](int steps) {
    for (int i = 0; i < steps; ++i) saver.export_meta_graph(path + ".meta");
    return static_cast<double>(model.all.size());
  });
}

int make_saver(Model& model) {
  return tn::bench::serve([&](int steps) {
    for (int i = 0; i < steps; ++i) const tn::Saver saver(model.graph);
    return static_cast<double>(model.all.size());
  });
}

int run(const std::string& mode, int variables, int elements, const std::string& path) {
  if (mode == "one") return read_one(variables, path);
  if (mode == "import_meta") return import_meta(path);
  Model model(variables, elements);
  if (mode == "export_meta") return export_meta(model, path);
  if (mode == "saver") return make_saver(model);
  if (mode.starts_with("save")) return save(model, path, mode);
  if (mode == "restore" || mode == "restore_mapped") return restore(model, path, {.mapped = mode == "restore_mapped"});
  if (mode == "write") {
    model.init();
    tn::Saver(model.graph).save(model.session, path);
    return 0;
  }
  std::fprintf(stderr, "checkpoint_speed: no mode %s\n", mode.c_str());
  return 2;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc == 5) return run(argv[1], std::stoi(argv[2]), std::stoi(argv[3]), argv[4]);
  std::fputs("usage: checkpoint_speed MODE VARIABLES ELEMENTS PATH\n", stderr);
  return 2;
} catch (const std::exception& error) {
  std::fprintf(stderr, "checkpoint_speed: %s\n", error.what());
  return 1;
}
