/** Draws what a model of the SDK shows; tells what was pressed, and what stands in the fields, by the event `act`. */
Component({
  properties: { view: Object },
  data: { typed: {} },
  methods: {
    onInput({ currentTarget, detail }) {
      this.setData({ typed: { ...this.data.typed, [currentTarget.dataset.name]: detail.value } });
    },
    onTap({ currentTarget }) {
      this.triggerEvent("act", { act: currentTarget.dataset.act, typed: this.data.typed });
    },
  },
});
